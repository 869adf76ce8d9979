/* The stand-in has no Kconfig: every choice has the default of the component's own code, but what the compiler is told. */
#pragma once
