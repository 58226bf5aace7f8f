"""The vendors' own SDKs on the tests' server: proof that it speaks their dialects, and that we send what they do."""
