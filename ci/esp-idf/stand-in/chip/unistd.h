#pragma once
int close(int file);
