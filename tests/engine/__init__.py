"""A real engine for the tests: llama.cpp's server as a prebuilt wheel, with a model that the tests make themselves."""
