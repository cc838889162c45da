# Answers are read with simdjson.
target_link_libraries(http_test PRIVATE simdjson::simdjson)
