# Some pictures can only be made with the libraries themselves: CMYK, 16 bits, profiles, layouts.
target_link_libraries(imaging_test PRIVATE PkgConfig::avif PkgConfig::hwy PkgConfig::magick GIF::GIF)
target_sources(imaging_test PRIVATE ${CMAKE_CURRENT_LIST_DIR}/start.cpp)
