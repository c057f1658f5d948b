"""The nouns: frozen, slotted dataclasses that every layer shares."""
