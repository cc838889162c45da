#include "app/metric_registry.hpp"

#include <map>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <stdexcept>
#include <unordered_map>
#include <vector>

namespace convertd {

namespace {

/// From a cached answer to the longest that a client waits for one.
const prometheus::Histogram::BucketBoundaries buckets{
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120};

constexpr std::size_t listener_threads = 2;

std::map<std::string, std::string> map_of(metric_labels labels) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : labels)
    out.emplace(name, value);
  return out;
}

/// The series of one metric. Prometheus' own way to one makes a new series first and then drops it,
/// which is too slow for what is done for each file.
template <class T>
class series {
public:
  explicit series(prometheus::Family<T>& of) : family_{&of} {}

  template <class... Arguments>
  T& at(metric_labels labels, const Arguments&... how) {
    std::string key;
    for (const auto& [name, value] : labels)
      key.append(value).push_back('\0');
    std::lock_guard lock{mutex_};
    auto& found = known_[key];
    if (found == nullptr)
      found = &family_->Add(map_of(labels), how...);
    return *found;
  }

private:
  prometheus::Family<T>* family_;
  std::mutex mutex_;
  std::unordered_map<std::string, T*> known_; ///< By the values of their labels.
};

} // namespace

struct metric_registry::impl {
  prometheus::Registry all;
  std::map<metric, series<prometheus::Counter>> counters; ///< Filled once, before it is shared.
  std::map<metric, series<prometheus::Gauge>> gauges;
  std::map<metric, series<prometheus::Histogram>> histograms;

  impl() {
    for (const auto& row : metric_table())
      add(row);
  }

  void add(const metric_row& row) {
    std::string name{row.name};
    std::string help{row.help};
    switch (row.kind) {
      case metric_kind::counter:
        counters.try_emplace(row.id,
                             prometheus::BuildCounter().Name(name).Help(help).Register(all));
        break;
      case metric_kind::gauge:
        gauges.try_emplace(row.id, prometheus::BuildGauge().Name(name).Help(help).Register(all));
        break;
      case metric_kind::histogram:
        histograms.try_emplace(row.id,
                               prometheus::BuildHistogram().Name(name).Help(help).Register(all));
        break;
    }
    if (row.labels.empty()) // known from the start, so that its first change can be seen
      touch(row);
  }

  void touch(const metric_row& row) {
    switch (row.kind) {
      case metric_kind::counter: counters.at(row.id).at({}); break;
      case metric_kind::gauge: gauges.at(row.id).at({}); break;
      case metric_kind::histogram: histograms.at(row.id).at({}, buckets); break;
    }
  }
};

metric_registry::metric_registry() : impl_{std::make_shared<impl>()} {}

metric_registry::~metric_registry() = default;

void metric_registry::count(metric which, metric_labels labels, double by) {
  impl_->counters.at(which).at(labels).Increment(by);
}

void metric_registry::set(metric which, metric_labels labels, double value) {
  impl_->gauges.at(which).at(labels).Set(value);
}

void metric_registry::observe(metric which, metric_labels labels, double seconds) {
  impl_->histograms.at(which).at(labels, buckets).Observe(seconds);
}

std::string metric_registry::text() const {
  return prometheus::TextSerializer{}.Serialize(impl_->all.Collect());
}

namespace {

class refreshed : public prometheus::Collectable {
public:
  refreshed(std::shared_ptr<metric_registry::impl> of, std::function<void()> refresh)
    : of_{std::move(of)}, refresh_{std::move(refresh)} {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    refresh_();
    return of_->all.Collect();
  }

private:
  std::shared_ptr<metric_registry::impl> of_;
  std::function<void()> refresh_;
};

} // namespace

struct metrics_listener::impl {
  std::shared_ptr<refreshed> source;
  prometheus::Exposer exposer;
};

metrics_listener::metrics_listener(const std::string& address, const metric_registry& of,
                                   std::function<void()> refresh) try
  : impl_{new impl{std::make_shared<refreshed>(of.impl_, std::move(refresh)),
                   prometheus::Exposer{address, listener_threads}
} // namespace convertd
}
{ impl_->exposer.RegisterCollectable(impl_->source); }
catch (const std::exception& error) {
  throw std::runtime_error{"metrics.listen: cannot listen on " + address + ": " + error.what()};
}

metrics_listener::~metrics_listener() = default;

} // namespace convertd
