# The real program, and pictures to give it.
target_link_libraries(codec_test PRIVATE imaging Threads::Threads)
target_compile_definitions(codec_test PRIVATE
  CONVERTD_CODEC_PROGRAM="$<TARGET_FILE:convertd-codec>")
target_sources(codec_test PRIVATE ${CMAKE_CURRENT_LIST_DIR}/start.cpp)
add_dependencies(codec_test convertd-codec convertd-codec-trial)
