"""Approvals of runs: who is asked, how they are told, when a run goes on (contract 7.5, 7.8)."""
