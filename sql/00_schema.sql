/* hft: schema and conventions shared by every later piece */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION hft" to load this file. \quit

CREATE SCHEMA hft;
COMMENT ON SCHEMA hft IS
	'Hosted fine-tuning: data sets, jobs, loss histories, costs and models';
