"""What a blueprint may say, and whether values fit what it says."""
