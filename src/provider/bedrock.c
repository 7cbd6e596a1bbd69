/*-------------------------------------------------------------------------
 *
 * bedrock.c
 *	  AWS Bedrock: the tables.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/bedrock_models.h"

#include "provider/platforms.h"

static const HftOptionSpec server_options[] = {
	{"region", HFT_OPTION_TEXT, 1, 30, NULL, false,
	"Region of models, jobs and bucket, as us-east-1; required"},
	{"role_arn", HFT_OPTION_TEXT, 20, 2048, NULL, false,
	"IAM role that a job reads and writes the bucket with"},
	{"bucket", HFT_OPTION_TEXT, 3, 63, NULL, true,
	"S3 bucket of training files and results"},
	{"prefix", HFT_OPTION_TEXT, 0, 200, NULL, true,
	"Folder in the bucket; default: hft"},
	{"part_size_mb", HFT_OPTION_INT, 5, 5120, NULL, false,
	"MiB of a part of a large file; default: 64"},
	{"s3_style", HFT_OPTION_TEXT, 0, 0, "virtual|path", false,
	"Bucket in the host name or in the path"},
	{"base_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Where the control plane is, without a trailing slash"},
	{"runtime_base_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Where models answer, without a trailing slash"},
	{"s3_base_url", HFT_OPTION_URL, 0, 2000, NULL, true,
	"Where S3 is, without bucket and trailing slash"},
	{NULL}
};

static const HftOptionSpec job_options[] = {
	{"tags", HFT_OPTION_OBJECT, 0, 0, NULL, false,
	"{\"key\": \"value\"}: tags of the job and its model"},
	{"custom_model_kms_key", HFT_OPTION_TEXT, 1, 2048, NULL, false,
	"Key that encrypts the model"},
	{"vpc", HFT_OPTION_OBJECT, 0, 0, NULL, false,
	"{\"subnetIds\": [...], \"securityGroupIds\": [...]}"},
	{NULL}
};

const HftProvider hft_provider_bedrock = {
	.name = "bedrock",
	.title = "AWS Bedrock",
	.default_base_url = HFT_BEDROCK_URL,
	.format = "bedrock",
	.format_of = hft_bedrock_format,
	.server_options = server_options,
	.hyperparameters = hft_bedrock_hyperparameters,
	.job_options = job_options,
	.methods = "sft",
	.min_examples = 8,
	.max_file_bytes = INT64_C(10) * 1024 * 1024 * 1024,
	.settle_s = 10,
	.create_is_idempotent = true,

	/* queues of two to four hours are usual, of days they are a fault */
	.patience_s = 6 * 60 * 60,
	.landscape = {
		.loss_source = "CSV in the bucket, when the job is over",
		.recovery = "by chosen name and request token",
		.serving = "custom-model deployment, or provisioned throughput",
		.serving_billing = "per token, or per model unit and hour; storage "
		"per month",
		.weights = "not downloadable",
		.data_location = "your S3 bucket, in the region of the job",
		.status = "open"
	},
	.billable = hft_billable_bedrock,
	.operations = {
		[HFT_OP_FIND_FILE] = HFT_OP_ROW(hft_bedrock_find_file),
		[HFT_OP_UPLOAD] = HFT_OP_ROW(hft_bedrock_upload),
		[HFT_OP_FILE_STATUS] = HFT_OP_ROW(hft_bedrock_file_status),
		[HFT_OP_ESTIMATE] = {NULL, NULL, "Prices are rows of hft.price."},
		[HFT_OP_CREATE] = HFT_OP_ROW(hft_bedrock_create),
		[HFT_OP_FIND] = HFT_OP_ROW(hft_bedrock_find),
		[HFT_OP_STATUS] = HFT_OP_ROW(hft_bedrock_status),
		[HFT_OP_HISTORY] = HFT_OP_ROW(hft_bedrock_history),
		[HFT_OP_CANCEL] = HFT_OP_ROW(hft_bedrock_cancel),
		[HFT_OP_PAUSE] = {NULL, NULL, "Cancel the job; a tuned model can be "
		"trained further as base model of another."},
		[HFT_OP_RESUME] = {NULL, NULL, "Submit another job, with the tuned "
		"model as its base model."},
		[HFT_OP_LIST] = HFT_OP_ROW(hft_bedrock_list),
		[HFT_OP_DEPLOY] = HFT_OP_ROW(hft_bedrock_deploy),
		[HFT_OP_FIND_DEPLOYMENT] = HFT_OP_ROW(hft_bedrock_find_deployment),
		[HFT_OP_DEPLOY_STATUS] = HFT_OP_ROW(hft_bedrock_deploy_status),
		[HFT_OP_UNDEPLOY] = HFT_OP_ROW(hft_bedrock_undeploy),
		[HFT_OP_DELETE_FILE] = HFT_OP_ROW(hft_bedrock_delete_file),
		[HFT_OP_DELETE_MODEL] = HFT_OP_ROW(hft_bedrock_delete_model),
		[HFT_OP_CHAT] = HFT_OP_ROW(hft_bedrock_chat),
		[HFT_OP_MODEL_INFO] = HFT_OP_ROW(hft_bedrock_model_info),
	}
};
