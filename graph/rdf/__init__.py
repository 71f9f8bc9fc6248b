"""Facts in files: loading and deriving, checking, describing, writing."""
