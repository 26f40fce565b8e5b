"""Configuration as code: a TOML file per tenant (docs/provisioning.md)."""

from hipper.directory.provision.applying import Changes, apply_file, diff_file, export_tenant
from hipper.directory.provision.problems import ProvisioningError

__all__ = ["Changes", "ProvisioningError", "apply_file", "diff_file", "export_tenant"]
