"""The execution agent: takes invocations from a portal and calls services in the network it runs in."""
