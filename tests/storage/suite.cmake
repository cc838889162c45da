# The samples of earlier formats are packed.
target_link_libraries(storage_test PRIVATE ZLIB::ZLIB)
