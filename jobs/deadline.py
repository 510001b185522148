"""How long an attempt may take: the host ends a worker whose function takes functionTimeout."""

# As host.json has it.
FUNCTION_TIMEOUT_S = 30 * 60.0
# What an attempt has to say is said by then, or its process has to leave it to the lease. The rest
# is for a call to storage that hangs at that moment, and for the host to hear of the end.
LAST_WORD_LIMIT_S = FUNCTION_TIMEOUT_S - 2 * 60.0
