"""Pictures of networks as pages and for print."""
