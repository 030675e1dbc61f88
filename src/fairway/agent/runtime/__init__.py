"""What runs: streamers bring invocations, the pool works them off, the reporter tells the portal."""
