"""Tools that know no cloud and no Django."""
