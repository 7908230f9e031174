"""Writes the PyTorch files of internal/pretrained/testdata, and what PyTorch predicts.

    python bench/interop/torch_weights.py            # the golden files
    python bench/interop/torch_weights.py orders     # names of modules of torchvision and timm
    python bench/interop/torch_weights.py models DIR [NAME ...] # torchvision's models of our specs

Needs torch, torchvision, timm and safetensors: bench/interop/requirements-torch.txt.
"""
import argparse
import collections
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn

OUT = pathlib.Path(__file__).parents[2] / "internal/pretrained/testdata"


class Net(nn.Module):
    """Every kind of layer whose weights are transposed: dense, grouped, depthwise and 1x1 convolutions,
    batch norm, and a dense layer after flattened maps."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
            nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
            nn.Conv2d(4, 5, 1), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(nn.Linear(5 * 4 * 3, 6), nn.ReLU(), nn.Linear(6, 3))

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


def golden():
    torch.manual_seed(1)
    net = Net()
    with torch.no_grad():
        for m in net.modules():
            if isinstance(m, nn.BatchNorm2d):
                for p in (m.weight, m.bias, m.running_mean, m.running_var):
                    p.copy_(torch.rand_like(p) + 0.5)
    net.eval()
    image = torch.rand(2, 3, 8, 6)
    with torch.no_grad():
        out = torch.softmax(net(image), 1)
    state = net.state_dict()
    torch.save(state, OUT / "net.pth")
    torch.save(state, OUT / "net-legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "best": 0.5, "state_dict": {"module." + k: v.half() for k, v in state.items()}}, OUT / "net-half.pth")
    torch.save({k: v.to(memory_format=torch.channels_last) if v.dim() == 4 else v for k, v in state.items()}, OUT / "net-channels-last.pth")
    averages = {"module." + k: v for k, v in state.items()} | {"n_averaged": torch.tensor(3)}
    torch.save({"best_acc1": torch.tensor(0.5), "args": argparse.Namespace(out=pathlib.Path("x")), "seen": collections.Counter("ab"), "tags": {"a"},
                "model": {k: v * 2 for k, v in state.items()}, "model_ema": averages}, OUT / "net-training.pth")
    torch.save({"student": state, "teacher": state}, OUT / "net-two.pth")
    torch.save(net, OUT / "net-module.pth")
    save_file(state, OUT / "net.safetensors")
    with open(OUT / "net.json", "w") as f:
        json.dump({"images": image.permute(0, 2, 3, 1).flatten().tolist(), "probabilities": out.flatten().tolist()}, f)


def orders():
    """The names of modules with weights in state_dicts, in the order of the model."""
    import timm
    import torchvision

    models = {"torchvision/" + n: torchvision.models.get_model(n) for n in (
        "alexnet", "vgg11_bn", "resnet18", "resnet50", "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0",
        "densenet121", "squeezenet1_0", "googlenet", "convnext_tiny")}
    models |= {"timm/" + n: timm.create_model(n) for n in (
        "resnet18", "resnet50", "mobilenetv2_100", "mobilenetv3_small_100", "efficientnet_b0", "densenet121", "convnext_tiny", "vgg16_bn")}
    names = {}
    for name, model in models.items():
        modules = []
        for key, t in model.state_dict().items():
            module = key.rpartition(".")[0]
            if module not in modules and not key.endswith("num_batches_tracked"):
                modules.append(module)
        names[name] = modules
    with open(OUT / "orders.json", "w") as f:
        json.dump(names, f)


MODELS = {"resnet18": 64, "resnet50": 64, "mobilenet-v2": 64, "mobilenet-v3-small": 64, "efficientnet-b0": 64,
          "squeezenet": 64, "convnext-tiny": 64, "googlenet": 64,
          "vgg11-bn": 224}  # whose dense layers fit no other size


def models(folder, only=()):
    """torchvision's models of our specs with random weights, and what they predict:

    CNNTRAIN_TORCH=FOLDER go test ./internal/pretrained -run Torchvision -v
    """
    import torchvision

    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.052441, 0.050176, 0.050625]).sqrt()
    for name, side in MODELS.items():
        if only and name not in only:
            continue
        torch.manual_seed(2)
        maker = {"squeezenet": "squeezenet1_1"}.get(name, name.replace("-", "_"))
        options = {"aux_logits": False, "init_weights": True} if name == "googlenet" else {}
        net = torchvision.models.get_model(maker, **options)
        with torch.no_grad():
            for m in net.modules():
                if isinstance(m, nn.BatchNorm2d):
                    for p in (m.weight, m.bias, m.running_mean, m.running_var):
                        p.copy_(torch.rand_like(p) * 0.2 + (0.9 if p is not m.bias and p is not m.running_mean else -0.1))
                elif isinstance(m, torchvision.models.convnext.CNBlock):
                    m.layer_scale.copy_(torch.rand_like(m.layer_scale))
        net.eval()
        images = torch.randint(0, 256, (2, side, side, 3)).float()
        with torch.no_grad():
            x = ((images / 255 - mean) / std).permute(0, 3, 1, 2)
            last = [m for m in net.modules() if isinstance(m, (nn.Linear, nn.Conv2d))][-1]
            last.weight *= 2 / net(x).std()  # so that the probabilities of classes differ
            out = torch.softmax(net(x), 1)
        torch.save(net.state_dict(), folder / f"{name}.pth")
        save_file(net.state_dict(), folder / f"{name}.safetensors")
        with open(folder / f"{name}.json", "w") as f:
            json.dump({"side": side, "images": images.flatten().tolist(), "probabilities": out.flatten().tolist()}, f)
        print(name, float(out.max()))


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    if sys.argv[1:2] == ["models"]:
        folder = pathlib.Path(sys.argv[2])
        folder.mkdir(exist_ok=True)
        models(folder, sys.argv[3:])
    else:
        orders() if sys.argv[1:] == ["orders"] else golden()
