/*-------------------------------------------------------------------------
 *
 * provider_rows.h
 *	  Every kind of request that the adapters make, and a recorded answer.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROVIDER_ROWS_H
#define PROVIDER_ROWS_H

#include "provider_rig.h"

#define DATA "test/unit/data/provider/"
#define DEPLOYMENT "projects/p1/endpoints/ep_1/deployments/dep_1"
#define PLAN "\"project\":\"p1\",\"model\":\"ml_1\",\"config\":" \
	"\"projects/p0/configs/cr_1\",\"hourly\":1"
#define BIG INT64_C(6000000000)

typedef struct Row
{
	const char *provider;
	HftOp		op;
	const char *cursor;
	const char *answer;			/* a file; NULL: none is fed */
	int64_t		bytes;			/* of the training file; 0: 1000 */
	const char *state;			/* remote_state; NULL: running */
} Row;

#include "provider_rows_fireworks.h"

static const Row rows[] = {
	{"openai", HFT_OP_FIND_FILE, NULL, "openai-files.json"},
	{"openai", HFT_OP_FIND_FILE, "{\"after\":\"f\"}", "openai-files.json"},
	{"openai", HFT_OP_UPLOAD, NULL, "openai-file.json"},
	{"openai", HFT_OP_UPLOAD, NULL, "openai-upload.json", 600000000},
	{"openai", HFT_OP_UPLOAD, "{\"upload\":\"upload_1\",\"parts\":[]}",
	"openai-part.json", 600000000},
	{"openai", HFT_OP_UPLOAD, "{\"upload\":\"upload_1\",\"parts\":"
	"[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\"]}",
	"openai-upload-done.json", 600000000},
	{"openai", HFT_OP_FILE_STATUS, NULL, "openai-file.json"},
	{"openai", HFT_OP_DELETE_FILE, NULL, "openai-file-deleted.json"},
	{"openai", HFT_OP_CREATE, NULL, "openai-job.json"},
	{"openai", HFT_OP_FIND, NULL, "openai-jobs.json"},
	{"openai", HFT_OP_LIST, "{\"after\":\"j\"}", "openai-jobs.json"},
	{"openai", HFT_OP_STATUS, NULL, "openai-job.json"},
	{"openai", HFT_OP_CANCEL, NULL, "openai-job.json"},
	{"openai", HFT_OP_PAUSE, NULL, "openai-job.json"},
	{"openai", HFT_OP_RESUME, NULL, "openai-job.json"},
	{"openai", HFT_OP_HISTORY, "{\"after\":\"e\"}", "openai-events.json"},
	{"openai", HFT_OP_HISTORY, "{\"phase\":\"checkpoints\"}",
	"openai-checkpoints.json"},
	{"openai", HFT_OP_HISTORY, "{\"phase\":\"result\",\"file\":\"f\"}"},
	{"openai", HFT_OP_CHAT, NULL, "openai-chat.json"},
	{"openai", HFT_OP_MODEL_INFO, NULL, "openai-model.json"},
	{"openai", HFT_OP_DELETE_MODEL, NULL, "openai-model-deleted.json"},
	{"together", HFT_OP_FIND_FILE, NULL, "together-files.json"},
	{"together", HFT_OP_UPLOAD, NULL},
	{"together", HFT_OP_UPLOAD, NULL, "together-initiate.json", BIG},
	{"together", HFT_OP_UPLOAD, "{\"stage\":\"parts\",\"upload\":\"u\","
	"\"file\":\"f\",\"parts\":[{\"etag\":\"e\"}]}", "together-file.json",
	BIG},
	{"together", HFT_OP_UPLOAD, "{\"stage\":\"abort\",\"upload\":\"u\","
	"\"file\":\"f\",\"parts\":[{}]}", "together-message.json", BIG},
	{"together", HFT_OP_UPLOAD, "{\"stage\":\"preprocess\",\"file\":\"f\"}",
	"together-file.json"},
	{"together", HFT_OP_FILE_STATUS, NULL, "together-file.json"},
	{"together", HFT_OP_DELETE_FILE, NULL, "together-file-deleted.json"},
	{"together", HFT_OP_ESTIMATE, NULL, "together-price.json"},
	{"together", HFT_OP_CREATE, NULL, "together-job.json"},
	{"together", HFT_OP_FIND, NULL, "together-jobs.json"},
	{"together", HFT_OP_LIST, NULL, "together-jobs.json"},
	{"together", HFT_OP_STATUS, NULL, "together-job.json"},
	{"together", HFT_OP_CANCEL, NULL, "together-job.json"},
	{"together", HFT_OP_HISTORY, "{\"job\":\"ftjob-abc\",\"step\":3}",
	"together-metrics.json"},
	{"together", HFT_OP_HISTORY, "{\"job\":\"ftjob-abc\",\"phase\":\"events\"}",
	"together-events.json"},
	{"together", HFT_OP_HISTORY, "{\"job\":\"ftjob-abc\",\"phase\":"
	"\"checkpoints\"}",
	"together-checkpoints.json"},
	{"together", HFT_OP_DEPLOY, NULL, "together-whoami.json"},
	{"together", HFT_OP_DEPLOY, "{\"project\":\"p1\",\"model\":\"ml_1\"}",
	"together-configs.json"},
	{"together", HFT_OP_DEPLOY, "{\"project\":\"p1\",\"model\":\"ml_1\","
	"\"config\":\"c\"}", "together-instances.json"},
	{"together", HFT_OP_DEPLOY, "{" PLAN "}", "together-endpoints-none.json"},
	{"together", HFT_OP_DEPLOY, "{" PLAN ",\"seen_endpoint\":true}",
	"together-endpoint.json"},
	{"together", HFT_OP_DEPLOY, "{" PLAN ",\"seen_endpoint\":true,"
	"\"endpoint\":\"ep_1\",\"seen_deployment\":true}",
	"together-deployment.json"},
	{"together", HFT_OP_FIND_DEPLOYMENT, "{\"project\":\"p1\"}",
	"together-endpoints.json"},
	{"together", HFT_OP_DEPLOY_STATUS, NULL, "together-deployment.json"},
	{"together", HFT_OP_DEPLOY_STATUS, "{\"stage\":\"endpoint\"}",
	"together-endpoint.json"},
	{"together", HFT_OP_DEPLOY_STATUS, "{\"stage\":\"route\","
	"\"etag\":\"e\"}", "together-endpoint.json"},
	{"together", HFT_OP_UNDEPLOY, NULL, "together-deployment.json"},
	{"together", HFT_OP_UNDEPLOY, "{\"stage\":\"look\"}",
	"together-endpoint.json"},
	{"together", HFT_OP_UNDEPLOY, "{\"stage\":\"route\"}",
	"together-endpoint.json"},
	{"together", HFT_OP_UNDEPLOY, "{\"stage\":\"delete\"}"},
	{"together", HFT_OP_UNDEPLOY, "{\"stage\":\"delete_endpoint\"}"},
	{"together", HFT_OP_CHAT, NULL, "together-chat.json"},
	{"together", HFT_OP_MODEL_INFO, NULL, "together-limits.json"},
	{"together", HFT_OP_DELETE_MODEL, "{\"project\":\"p1\"}",
	"together-models.json"},
	{"together", HFT_OP_DELETE_MODEL, "{\"project\":\"p1\","
	"\"model\":\"ml_1\"}"},
	{"azure", HFT_OP_FIND_FILE, NULL, "openai-files.json"},
	{"azure", HFT_OP_UPLOAD, NULL, "openai-file.json"},
	{"azure", HFT_OP_UPLOAD, NULL, "openai-upload.json", 600000000},
	{"azure", HFT_OP_FILE_STATUS, NULL, "openai-file.json"},
	{"azure", HFT_OP_DELETE_FILE, NULL, "openai-file-deleted.json"},
	{"azure", HFT_OP_CREATE, NULL, "azure-job.json"},
	{"azure", HFT_OP_FIND, "{\"after\":\"j\"}", "azure-jobs.json"},
	{"azure", HFT_OP_LIST, NULL, "azure-jobs.json"},
	{"azure", HFT_OP_STATUS, NULL, "azure-job.json"},
	{"azure", HFT_OP_CANCEL, NULL, "azure-job.json"},
	{"azure", HFT_OP_PAUSE, NULL, "azure-job.json"},
	{"azure", HFT_OP_RESUME, NULL, "azure-job.json"},
	{"azure", HFT_OP_HISTORY, "{\"after\":\"e\"}", "openai-events.json"},
	{"azure", HFT_OP_HISTORY, "{\"phase\":\"checkpoints\"}",
	"openai-checkpoints.json"},
	{"azure", HFT_OP_HISTORY, "{\"phase\":\"result\",\"file\":\"f\"}"},
	{"azure", HFT_OP_CHAT, NULL, "openai-chat.json"},
	{"azure", HFT_OP_MODEL_INFO, NULL, "azure-model.json"},
	{"azure", HFT_OP_DELETE_MODEL, NULL, "openai-model-deleted.json"},
	{"azure", HFT_OP_DEPLOY, "{\"looked\":true}", "azure-deployment.json"},
	{"azure", HFT_OP_FIND_DEPLOYMENT, NULL, "azure-deployment.json"},
	{"azure", HFT_OP_DEPLOY_STATUS, NULL, "azure-deployment.json"},
	{"azure", HFT_OP_UNDEPLOY, NULL},
	FIREWORKS_ROWS
	{NULL}
};

/* where Azure deploys; its addresses end as those of the others do */
#define AZURE_PLACE "{\"subscription\":\"s\",\"resource_group\":\"g\"," \
	"\"account\":\"a\",\"arm_url\":\"https://host/v1\"}"

static void
row_init(Rig *rig, const Row *row)
{
	rig_init(rig, row->provider);
	rig_cursor(rig, row->cursor);
	rig->job.hyperparameters = "{\"n_epochs\":3}";
	rig->job.options = "{\"seed\":7}";
	rig->job.validation_file = "file-BBB";
	rig->deployment.remote_id = DEPLOYMENT;
	if (strcmp(row->provider, "azure") == 0 && row->op >= HFT_OP_DEPLOY &&
		row->op <= HFT_OP_UNDEPLOY)
		rig->server.options = AZURE_PLACE;
	if (strcmp(row->provider, "fireworks") == 0)
		fireworks_facts(rig);
	if (row->bytes > 0)
		rig->file.bytes = row->bytes;
	if (row->state != NULL)
		rig->job.remote_state = row->state;
}

#endif							/* PROVIDER_ROWS_H */
