/* What of the radio the interfaces need. */
#ifndef STAND_IN_WIFI_H
#define STAND_IN_WIFI_H

#include <stdbool.h>

bool stand_in_has_access_point(void);
bool stand_in_is_joined(void);
void stand_in_access_point_starts(void);
/* The test tells the air something: called now and then. */
void stand_in_look_at_air(void);

#endif
