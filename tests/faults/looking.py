"""A process that looks at the watched folders of some holdings again and again, until it is killed."""

from __future__ import annotations

import os

from archive.actions.folder_work import profiles
from archive.bootstrap import open_app
from archive.integrations.watch_folder import look_at
from archive.settings import Settings


def main() -> None:
    with open_app(Settings.read(os.environ)) as app:
        os.write(1, b"looking\n")
        while True:
            with app.unit_of_work() as uow:
                found = profiles(uow.session)
            for profile in found:
                look_at(app, profile)


if __name__ == "__main__":
    main()
