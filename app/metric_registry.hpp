// The metrics of the table, as Prometheus wants them. Its headers are used in this file's source
// only.
#pragma once

#include "app/metric_table.hpp"

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace convertd {

using metric_labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Thread-safe. Labels are those that the table says, with values from small sets.
class metric_registry {
public:
  metric_registry();
  ~metric_registry();
  metric_registry(const metric_registry&) = delete;
  metric_registry& operator=(const metric_registry&) = delete;

  void count(metric which, metric_labels labels = {}, double by = 1);
  void set(metric which, metric_labels labels, double value);
  void observe(metric which, metric_labels labels, double seconds);

  /// What a scrape would get, without what is only looked at.
  std::string text() const;

  struct impl;

private:
  friend class metrics_listener;
  std::shared_ptr<impl> impl_;
};

/// Answers GET /metrics at "ADDRESS:PORT" for as long as it lives, with threads of its own.
class metrics_listener {
public:
  /// `refresh` is called before each answer, for what is only looked at. Throws std::runtime_error.
  metrics_listener(const std::string& address, const metric_registry& of,
                   std::function<void()> refresh);
  ~metrics_listener();
  metrics_listener(const metrics_listener&) = delete;
  metrics_listener& operator=(const metrics_listener&) = delete;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace convertd
