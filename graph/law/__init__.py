"""The law of a thing in sentences, each with what it rests on."""
