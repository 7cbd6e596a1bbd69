/*-------------------------------------------------------------------------
 *
 * xml.h
 *	  Reading the XML that object stores answer with.
 *
 * As much of XML as such an answer has, and nothing that could do harm: no
 * document type, no entities but the five and numbers, no external anything;
 * attributes, comments and instructions are passed over.  The size of the
 * text bounds the memory, and depth and number of elements have limits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_XML_H
#define HFT_XML_H

#include "provider/jansson.h"

#define HFT_XML_DEPTH 16
#define HFT_XML_ELEMENTS 50000

/*
 * The document as JSON: {"root": value}.  An element without children is its
 * text; else an object, whose members named in "lists" (NULL ends) are
 * arrays, and of others that repeat the last counts.  NULL and *problem, a
 * sentence, when it is no such XML.  The caller json_decref()s the result.
 */
extern json_t *hft_xml_parse(const char *text, size_t length,
							 const char *const *lists, const char **problem);

#endif							/* HFT_XML_H */
