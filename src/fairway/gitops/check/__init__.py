"""Checking spec files where they lie, without a portal: on a desk and in the pipeline of a pull request."""
