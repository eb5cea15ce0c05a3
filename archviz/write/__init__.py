"""Writers: one file a format, each of which sees nothing but the scene."""
