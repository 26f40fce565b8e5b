"""What mobile networks ask us over HTTP (call-flows §1, imrn)."""
