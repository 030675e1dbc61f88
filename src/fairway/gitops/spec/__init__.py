"""From the bytes of spec files to definitions, and what is wrong with them. Section 2 of the contract."""
