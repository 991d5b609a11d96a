"""The local Speech host: the service side of the Speech SDK's protocol, reached only by its URL."""
