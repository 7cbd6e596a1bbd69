/*-------------------------------------------------------------------------
 *
 * dataset.h
 *	  Data sets and their versions, for those who train on them.
 *
 * Whoever is a member of the owning role may use a data set; everybody else
 * is refused (42501).  What does not exist is 42704 with the closest name.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_DATASET_H
#define HFT_DATASET_H

#define HFT_LATEST_VERSION 0

typedef struct HftDataset
{
	int64		id;
	char	   *name;
	Oid			owner;
	char	   *query;
	char	   *method;
	char	   *model;
	double		validation;
	double		test;
	char	   *split_key;
} HftDataset;

typedef struct HftVersion
{
	int64		id;
	int			number;
	int64		dataset_id;
	Oid			owner;
	char	   *method;
	char	   *model;
	int64		rows;
	bool		known;			/* a snapshot that found nothing new */
} HftVersion;

/* "lock": for update, until the transaction ends. */
extern HftDataset hft_dataset_get(const char *name, bool lock);

/* A version of the data set by its number. */
extern HftVersion hft_version_get(const char *dataset, int number);

/*
 * Take a snapshot: run the query now, as the caller, and return the version
 * with its content, which is an old one when nothing changed (R35).
 */
extern HftVersion hft_dataset_snapshot(const char *name);

/*
 * Findings of severity "error" that stand against training on the version's
 * files in the given format: those that hold everywhere and the format's.
 */
extern int64 hft_version_errors(int64 version, const char *format);

#endif							/* HFT_DATASET_H */
