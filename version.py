"""The version of this service: the only place that says it."""

VERSION = "0.1.0"
