"""Settings of an app that notices quickly when an attempt has died."""

QUICK = {
    "LEASE_SECONDS": "3",
    "HEARTBEAT_SECONDS": "1",
    # An attempt is lost with every kill; giving up on a job is another test's matter.
    "MAX_RETRY_ATTEMPTS": "10",
    "FFMPEG_THREADS": "2",
    # How long the host hides a message whose function failed; ten seconds in host.json.
    "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:01",
    "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:00.250",
}
