#include "eventstorm.h"  // a target of C needs a source; the functions are in EventstormC, in Swift
