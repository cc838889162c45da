# Some pictures can only be made with what ImageMagick knows: CMYK, 16 bits, profiles.
target_link_libraries(imaging_test PRIVATE PkgConfig::magick)
target_sources(imaging_test PRIVATE ${CMAKE_CURRENT_LIST_DIR}/start.cpp)
