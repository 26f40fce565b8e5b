"""One folder per area: ``controllers`` (HTTP), ``schemas`` (what goes over the wire), ``services`` (what is
done)."""
