/*-------------------------------------------------------------------------
 *
 * net.c
 *	  What the net did, as an SQLSTATE and in words.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/http.h"

static const struct
{
	const char *word;
	const char *text;
	int			sqlstate;
}			nets[] = {
	[HFT_NET_OK] = {"ok", "the request was answered",
	ERRCODE_SUCCESSFUL_COMPLETION},
	[HFT_NET_DNS] = {"dns", "could not resolve the host name",
	ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION},
	[HFT_NET_CONNECT] = {"connect", "could not connect to the host",
	ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION},
	[HFT_NET_TLS] = {"tls", "could not make a secure connection to the host",
	ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION},
	[HFT_NET_FORBIDDEN] = {"forbidden", "the destination is not allowed",
	ERRCODE_INSUFFICIENT_PRIVILEGE},
	[HFT_NET_TIMEOUT] = {"timeout", "the request took too long",
	ERRCODE_CONNECTION_FAILURE},
	[HFT_NET_RESET] = {"reset", "the connection broke",
	ERRCODE_CONNECTION_FAILURE},
	[HFT_NET_TRUNCATED] = {"truncated", "the answer is shorter than announced",
	ERRCODE_CONNECTION_FAILURE},
	[HFT_NET_TOO_LARGE] = {"too_large", "the answer is larger than allowed",
	ERRCODE_PROGRAM_LIMIT_EXCEEDED},
	[HFT_NET_LOCAL] = {"local", "not enough resources for the request",
	ERRCODE_INSUFFICIENT_RESOURCES},
};

int
hft_net_sqlstate(HftNet net)
{
	return nets[net].sqlstate;
}

const char *
hft_net_word(HftNet net)
{
	return nets[net].word;
}

const char *
hft_net_text(HftNet net)
{
	return nets[net].text;
}
