"""Everything that the pages do can be done over the API: each form of theirs has its operations, or a reason."""

from __future__ import annotations

from fastapi.routing import APIRoute

from archive.web.api import ROUTERS
from archive.web.app import PAGES

OPERATIONS = {
    "/programme/import": "import_programme",
    "/programme/tasks/{number}": "change_programme_task",
    "/programme/tasks/{number}/shares": "change_programme_share",
    "/programme/targets/{number}": "change_programme_target",
    "/dossiers": "open_dossier",
    "/dossiers/{code}/close": "close_dossier",
    "/dossiers/{code}/reopen": "reopen_dossier",
    "/batches": "open_batch",
    "/batches/{number}/close": "close_batch",
    "/batches/{number}/files": "deliver_file",
    "/batches/{number}/manifest": "import_manifest",
    "/items/{reference}/fields/{name}": "correct_field",
    "/items/{reference}/fields": "correct_field",
    "/items/{reference}/fields/{name}/accept": "accept_field",
    "/items/{reference}/review": "review_item",
    "/items/{reference}/return": "return_item",
    "/items/{reference}/publish": "publish_item",
    "/items/{reference}/filing": "move_item replace_item supplement_item withdraw_item restore_item file_item",
    "/dossiers/{code}/paper/place": "place_paper",
    "/dossiers/{code}/paper/check-out": "check_out_paper",
    "/dossiers/{code}/paper/return": "return_paper",
    "/dossiers/{code}/paper/explain": "explain_difference",
    "/paper/import": "import_places",
    "/scanners": "register_scanner",
    "/scanners/{agency}/{code}/{act}": "clear_scanner wipe_scanner let_scanner_leave",
    "/doors/folders": "open_folder",
    "/doors/mailboxes": "open_mailbox",
    "/doors/folders/{code}": "change_folder",
    "/doors/mailboxes/{code}": "change_mailbox",
    "/doors/{kind}/{code}/pause": "pause_door",
    "/reuse/agreements": "give_agreement",
    "/reuse/agreements/{number}/end": "end_agreement",
    "/retention/confirm": "confirm_rule",
    "/retention/decline": "end_rule",
    "/retention/run": "give_retention_notices propose_disposition",
    "/retention/notices/seen": "see_retention_notices",
    "/retention/dispositions/{number}/withdraw": "withdraw_disposition",
    "/dossiers/{code}/retention/confirm": "confirm_rule",
    "/dossiers/{code}/retention/end": "end_rule",
    "/dossiers/{code}/retention/event": "record_event",
    "/dossiers/{code}/retention/withdraw-event": "withdraw_event",
    "/schedules/import": "import_schedule",
    "/dossiers/{code}/candidates": "propose_rules",
    "/holds": "place_holds",
    "/dossiers/{code}/holds": "place_holds",
    "/items/{reference}/holds": "place_holds",
    "/holds/{number}/lift": "lift_hold",
    "/stopped/{receipt}": "decide_on_stopped",
    "/inbox": "see_inbox_notices",
    "/account/notices": "choose_mail",
    "/accounts": "create_account",
    "/accounts/{login}/assignments": "assign_role",
    "/accounts/{login}/assignments/end": "end_role",
    "/accounts/{login}/tokens": "make_token",
    "/accounts/{login}/tokens/revoke": "revoke_tokens",
    "/accounts/{login}/password": "set_password",
    "/accounts/{login}/second-factor/reset": "reset_second_factor",
    "/accounts/{login}/disable": "disable_account",
    "/agencies/import": "import_agencies",
    "/agencies": "create_agency",
    "/agencies/{code}/{form}": (
        "change_agency rename_agency close_agency give_identifier end_identifier record_succession hand_over_fond"
    ),
    "/webhooks": "open_webhook",
    "/webhooks/{code}": "change_webhook",
    "/webhooks/{code}/secrets": "renew_webhook_secret",
    "/webhooks/{code}/replays": "replay_webhook",
    "/webhooks/{code}/dead-letters": "resend_dead_letters",
    "/webhooks/{code}/{act}": "change_webhook",
}
REASONS = {
    "/sign-in": "a program has a token",
    "/sign-out": "a program has a token",
    "/account/password": "of people, who sign in",
    "/account/second-factor": "of people, who sign in",
    "/account/sign-out-everywhere": "of people, who sign in",
    "/batches/{number}/uploads/{key}/cancel": "DELETE of tus 1.0, below /tus/",
}


def test_each_form_has_its_operations_or_a_reason() -> None:
    forms = {route.path for page in PAGES for route in page.router.routes if _posts(route)}
    assert forms == OPERATIONS.keys() | REASONS.keys()


def test_the_operations_are_there() -> None:
    there = {route.name for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)}
    assert {name for names in OPERATIONS.values() for name in names.split()} <= there


def _posts(route: object) -> bool:
    return isinstance(route, APIRoute) and "POST" in (route.methods or ())
