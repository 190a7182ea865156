from __future__ import annotations

import threading
import uuid

from archive.integrations.aside import Aside, Beat


def test_a_place_that_does_not_answer_holds_up_no_other_and_is_begun_once() -> None:
    now = 0.0
    aside = Aside("test", 120.0, lambda: now)
    dead, alive = uuid.uuid4(), uuid.uuid4()
    let_go, begun, answered = threading.Event(), [], threading.Event()

    def hang(beat: Beat) -> None:
        begun.append(dead)
        let_go.wait(60)

    def answer(beat: Beat) -> None:
        beat()
        answered.set()

    try:
        assert aside.run({dead: hang, alive: answer}, 0.2) == []
        assert answered.wait(30)
        now = 121.0
        assert aside.run({dead: hang, alive: answer}, 0.2) == [dead]
        assert begun == [dead]
    finally:
        let_go.set()


def test_a_look_that_fails_is_begun_again_at_the_next() -> None:
    aside, place, begun = Aside("test", 120.0), uuid.uuid4(), []

    def fail(beat: Beat) -> None:
        begun.append(place)
        raise ValueError("no")

    for _ in range(2):
        assert aside.run({place: fail}, 30) == []
    assert len(begun) == 2
