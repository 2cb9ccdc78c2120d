"""What a Django brick stands on."""
