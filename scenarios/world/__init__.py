"""Everything simulated: one plain generator for each kind of actor. It knows the service only through ``doors``."""
