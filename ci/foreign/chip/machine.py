# What phew asks of a chip's `machine`: a clock.


class RTC:
    def datetime(self):
        return (2026, 1, 1, 4, 0, 0, 0, 0)
