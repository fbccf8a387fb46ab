package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// registry makes the registry of the hub's metrics, with those that no package
// of its own counts.
func registry(h *hub) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewDBStatsCollector(h.db.DB.DB.DB, "hub"),
	)
	f := promauto.With(reg)
	f.NewGauge(prometheus.GaugeOpts{
		Name: "forecourt_build_info", Help: "The running version.", ConstLabels: prometheus.Labels{"version": version},
	}).Set(1)
	counter := func(name, help string, read func() float64) {
		f.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read)
	}
	counter("forecourt_db_retries_total", "Transactions that had to run again.", func() float64 { return float64(h.db.Retries()) })
	counter("forecourt_db_restarts_total", "Times the hub's own database ended by itself.", func() float64 { return float64(h.db.restarts()) })
	flowCounters(h, counter)
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "forecourt_chat_rooms", Help: "Conversations held in memory.",
	}, func() float64 { return float64(h.rooms.Held()) })
	if h.cfg.WeChat.AppID != "" {
		wechatCounters(h, counter)
	}
	return reg
}

// flowCounters exposes what the flow counts.
func flowCounters(h *hub, counter func(name, help string, read func() float64)) {
	counter("forecourt_facts_total", "Facts taken from pumpd.", func() float64 { return float64(h.flow.Counts().Facts) })
	counter("forecourt_sales_total", "Sales judged.", func() float64 { return float64(h.flow.Counts().Sales) })
	counter("forecourt_sales_duplicate_total", "Deliveries told again, without effect.", func() float64 { return float64(h.flow.Counts().Duplicates) })
	counter("forecourt_sales_quarantined_total", "Sales whose figures do not agree.", func() float64 { return float64(h.flow.Counts().Quarantined) })
	counter("forecourt_sales_missing_total", "Stretches of a totalizer without a sale.", func() float64 { return float64(h.flow.Counts().Missing) })
	counter("forecourt_payments_total", "Payments taken.", func() float64 { return float64(h.flow.Counts().Payments) })
}

// wechatCounters exposes how WeChat answers.
func wechatCounters(h *hub, counter func(name, help string, read func() float64)) {
	counter("forecourt_wechat_checked_total", "Texts judged by WeChat.", func() float64 { return float64(h.wechat.Counts().Checked) })
	counter("forecourt_wechat_refused_total", "Texts refused by WeChat.", func() float64 { return float64(h.wechat.Counts().Refused) })
	counter("forecourt_wechat_failed_total", "Texts WeChat was asked about in vain.", func() float64 { return float64(h.wechat.Counts().Failed) })
	counter("forecourt_wechat_skipped_total", "Texts WeChat was not asked about, because it had failed.", func() float64 { return float64(h.wechat.Counts().Skipped) })
	counter("forecourt_wechat_signed_in_total", "People WeChat vouched for.", func() float64 { return float64(h.wechat.Counts().Vouched) })
	counter("forecourt_wechat_phones_total", "Phone numbers WeChat gave; each is paid for.", func() float64 { return float64(h.wechat.Counts().Phones) })
	counter("forecourt_wechat_declined_total", "Codes of sign-ins WeChat did not take.", func() float64 { return float64(h.wechat.Counts().Declined) })
	counter("forecourt_wechat_unanswered_total", "Sign-ins WeChat was asked about in vain.", func() float64 { return float64(h.wechat.Counts().Unanswered) })
}
