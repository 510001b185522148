"""One condition less: what is written, stored, marked, read or deleted is so in any version."""

from integrations.blobs import Blobs

from integrations.tracking import JobTable
from tests.chaos.simulation.mutations.edits import edit

IF_SAME_ROW = """
                etag=job.row_etag,
                match_condition=MatchConditions.IfNotModified,
"""

edit("a_row_is_replaced_in_any_version", JobTable, "replace", IF_SAME_ROW, "\n")
edit(
    "a_result_replaces_any_version",
    Blobs,
    "store",
    "    if replaces:\n        options |= _only_if(replaces.etag)\n",
)
edit("any_version_of_a_result_is_marked", Blobs, "mark", ", **_only_if(output.etag)")
edit("any_version_of_a_result_is_read", Blobs, "stored_sha256", "**_only_if(output.etag)")
edit("any_version_of_an_upload_is_read", Blobs, "download", ", **_only_if(upload.etag)")
edit(
    "a_part_of_an_upload_passes_for_it",
    Blobs,
    "download",
    "to.stat().st_size != upload.size_bytes",
    "False",
)
