"""A script for the SageMaker Python SDK v2 and its semantic segmentation algorithm, with one import changed.

It has the steps of the algorithm's notebook: upload, train, deploy, ask for a mask and for probabilities, clean up.
It needs AWS credentials and a region, because it uploads the data to a bucket. With the default instance types it
trains and serves on this machine, with ``--train-instance-type ml.p3.2xlarge --instance-type ml.c5.xlarge`` on
SageMaker::

    python examples/semantic_segmentation_v2.py data --num-classes 21
"""

import argparse
import glob
import io
import os

import boto3
import numpy as np
from PIL import Image

import semseg as sagemaker  # this line was: import sagemaker

parser = argparse.ArgumentParser(description="Train, deploy and ask a segmentation network.")
parser.add_argument("data", help="a folder with train, train_annotation, validation and validation_annotation")
parser.add_argument("--label-map", help="a folder with train_label_map.json and validation_label_map.json")
parser.add_argument("--num-classes", type=int, default=21)
parser.add_argument("--train-instance-type", default="local")
parser.add_argument("--instance-type", default="local")
parser.add_argument("--pretrained", default="True", choices=("True", "False"))
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--base-size", type=int, default=520)
parser.add_argument("--crop-size", type=int, default=240)
parser.add_argument("--mini-batch-size", type=int, default=16)
parser.add_argument("--output", default="segmentation_output", help="the folder for the masks that come back")
arguments = parser.parse_args()

# 1. Set up: a role, a session, a bucket, the algorithm's image.
role = sagemaker.get_execution_role()
sess = sagemaker.Session()
bucket = sess.default_bucket()
prefix = "/".join(part for part in (sess.default_bucket_prefix, "semantic-segmentation-demo") if part)
training_image = sagemaker.image_uris.retrieve("semantic-segmentation", sess.boto_region_name)
print("Training image:", training_image)

# 2. The data is in folders of this machine already; count the images.
num_training_samples = len(glob.glob(os.path.join(arguments.data, "train", "*.jpg")))

# 3. Upload it.
channels = ["train", "validation", "train_annotation", "validation_annotation"]
uris = {
    channel: sess.upload_data(
        path=os.path.join(arguments.data, channel), bucket=bucket, key_prefix=prefix + "/" + channel
    )
    for channel in channels
}
if arguments.label_map:
    uris["label_map"] = sess.upload_data(arguments.label_map, bucket=bucket, key_prefix=prefix + "/label_map")

# 4. The estimator.
ss_estimator = sagemaker.estimator.Estimator(
    training_image,
    role,
    instance_count=1,
    instance_type=arguments.train_instance_type,
    volume_size=50,
    max_run=360000,
    output_path=f"s3://{bucket}/{prefix}/output",
    base_job_name="ss-notebook-demo",
    sagemaker_session=sess,
)

# 5. Hyperparameters.
ss_estimator.set_hyperparameters(
    backbone="resnet-50",
    algorithm="fcn",
    use_pretrained_model=arguments.pretrained,
    base_size=arguments.base_size,
    crop_size=arguments.crop_size,
    num_classes=arguments.num_classes,
    epochs=arguments.epochs,
    learning_rate=0.0001,
    optimizer="rmsprop",
    lr_scheduler="poly",
    mini_batch_size=arguments.mini_batch_size,
    validation_mini_batch_size=arguments.mini_batch_size,
    early_stopping=True,
    early_stopping_patience=2,
    early_stopping_min_epochs=10,
    num_training_samples=num_training_samples,
)

# 6. Channels.
data_channels = {
    channel: sagemaker.inputs.TrainingInput(uri, distribution="FullyReplicated") for channel, uri in uris.items()
}

# 7. Train. To find an earlier job again, call sagemaker.estimator.Estimator.attach(name).
ss_estimator.fit(data_channels, logs=True)
print("Model:", ss_estimator.model_data)

# 8. Deploy. To find an earlier endpoint again, call sagemaker.predictor.Predictor(endpoint_name).
ss_predictor = ss_estimator.deploy(initial_instance_count=1, instance_type=arguments.instance_type)

# 9. Ask for one mask, with your own deserializer.
test_image = sorted(glob.glob(os.path.join(arguments.data, "validation", "*.jpg")))[0]
os.makedirs(arguments.output, exist_ok=True)
filename = os.path.join(arguments.output, "test.jpg")
width = 800
image = Image.open(test_image)
image.resize([width, image.size[1] * width // image.size[0]]).save(filename)
with open(filename, "rb") as file:
    imbytes = file.read()


class ImageDeserializer(sagemaker.deserializers.BaseDeserializer):
    """Turns a PNG answer into an array of class ids, (H, W) uint8."""

    def __init__(self, accept="image/png"):
        self.accept = accept

    @property
    def ACCEPT(self):
        return (self.accept,)

    def deserialize(self, stream, content_type):
        try:
            return np.array(Image.open(stream))
        finally:
            stream.close()


ss_predictor.serializer = sagemaker.serializers.IdentitySerializer("image/jpeg")
ss_predictor.deserializer = ImageDeserializer()
cls_mask = ss_predictor.predict(imbytes)
print("Mask:", cls_mask.shape, cls_mask.dtype, "classes", np.unique(cls_mask).tolist())
Image.fromarray(cls_mask).save(os.path.join(arguments.output, "mask.png"))


# 10. Ask for the probability of each class, with another deserializer.
class ProtobufDeserializer(sagemaker.deserializers.BaseDeserializer):
    """Turns a RecordIO-protobuf answer into probabilities, (num_classes, H, W) float32."""

    @property
    def ACCEPT(self):
        return ("application/x-protobuf",)

    def deserialize(self, stream, content_type):
        (payload,) = sagemaker.amazon.common.read_recordio(stream)
        record = sagemaker.amazon.record_pb2.Record()
        record.ParseFromString(payload)
        values = list(record.features["target"].float32_tensor.values)
        shape = list(record.features["shape"].int32_tensor.values)
        return np.squeeze(np.reshape(np.array(values, dtype=np.float32), shape), axis=0)


ss_predictor.deserializer = ProtobufDeserializer()
probabilities = ss_predictor.predict(imbytes)
print(
    "Probabilities:",
    probabilities.shape,
    "the most probable class is the mask's:",
    bool((np.argmax(probabilities, axis=0) == cls_mask).all()),
)

# Ask for the same mask through boto3. For an endpoint on this machine, set SEMSEG_SERVING_PORT to a free port and
# AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME to http://127.0.0.1:<that port>.
runtime = boto3.client("sagemaker-runtime")
response = runtime.invoke_endpoint(
    EndpointName=ss_predictor.endpoint_name, ContentType="image/jpeg", Accept="image/png", Body=imbytes
)
answer = np.array(Image.open(io.BytesIO(response["Body"].read())))
print("Through boto3: the same mask:", bool((answer == cls_mask).all()))

# 11. Clean up.
ss_predictor.delete_model()
ss_predictor.delete_endpoint()
