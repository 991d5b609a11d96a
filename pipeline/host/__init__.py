"""The local Speech host: the service side of the Speech SDK's protocol, reached only by its URL."""

# The key that clients must send is read from here, so that it stands in no list of processes.
KEY_VARIABLE = "SPEECH_HOST_KEY"
