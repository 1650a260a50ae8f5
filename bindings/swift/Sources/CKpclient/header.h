// The functions of C, from where the library is installed.
#include <kpclient.h>
