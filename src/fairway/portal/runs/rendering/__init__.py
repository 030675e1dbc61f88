"""From an action's invocation method to what is sent, and to what people are shown of it (contract 6.7)."""
