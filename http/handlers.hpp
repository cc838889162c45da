// The handlers of the routes. They read the request, ask the store or the actors, and render; the
// rules are in job/ and in the actors. Each throws request_refused for an error that the client
// sees.
#pragma once

#include "http/exchange.hpp"
#include "http/services.hpp"

namespace convertd {

// submit_job.cpp
void submit_job(exchange& x, const services& with);

// sync_routes.cpp
void convert_now(exchange& x, const services& with);
void compress_now(exchange& x, const services& with);

// job_queries.cpp
void get_job(exchange& x, const services& with);
void list_jobs(exchange& x, const services& with);
void cancel_job(exchange& x, const services& with);
void erase_job_files(exchange& x, const services& with);

// retry_job.cpp
void retry_job(exchange& x, const services& with);

// job_events.cpp
void get_job_events(exchange& x, const services& with);

// store_file.cpp
void store_file(exchange& x, const services& with);

// stored_files.cpp
void list_files(exchange& x, const services& with);
void get_file(exchange& x, const services& with);
void rename_file(exchange& x, const services& with);
void erase_file(exchange& x, const services& with);
// archive_content.cpp
void get_archive_content(exchange& x, const services& with);

// content.cpp
void get_content(exchange& x, const services& with);

// usage.cpp
void get_usage(exchange& x, const services& with);
void get_formats(exchange& x, const services& with);

// server_stats.cpp
void get_server_stats(exchange& x, const services& with);

// webhooks.cpp
void list_webhooks(exchange& x, const services& with);
void make_webhook(exchange& x, const services& with);
void get_webhook(exchange& x, const services& with);
void change_webhook(exchange& x, const services& with);
void delete_webhook(exchange& x, const services& with);
void rotate_webhook(exchange& x, const services& with);
void list_deliveries(exchange& x, const services& with);
void retry_delivery(exchange& x, const services& with);

// openapi.cpp
void get_openapi(exchange& x, const services& with);
void get_llms(exchange& x, const services& with);

// web.cpp
void get_console(exchange& x, const services& with);
void get_docs(exchange& x, const services& with);
void get_web_file(exchange& x, const services& with);

// health.cpp
void get_live(exchange& x, const services& with);
void get_ready(exchange& x, const services& with);

} // namespace convertd
