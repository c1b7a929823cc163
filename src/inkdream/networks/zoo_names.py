"""torchvision's networks that inkdream knows, and the files that their weights are in.

The weights are the ones torchvision calls IMAGENET1K_V1, for every network: those that papers on
feature visualisation show, and that torchvision has had longest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WEIGHTS_FOLDER = "https://download.pytorch.org/models/"


@dataclass(frozen=True)
class Pretrained:
    """A file of weights.

    Attributes:
        file: its name, which ends in the first 8 digits of its sha256.
        megabytes: its size.
    """

    file: str
    megabytes: int

    @property
    def url(self) -> str:
        """Where it can be had."""
        return WEIGHTS_FOLDER + self.file


ZOO: Mapping[str, Pretrained] = {
    "alexnet": Pretrained("alexnet-owt-7be5be79.pth", 233),
    "vgg11": Pretrained("vgg11-8a719046.pth", 507),
    "vgg11_bn": Pretrained("vgg11_bn-6002323d.pth", 507),
    "vgg13": Pretrained("vgg13-19584684.pth", 508),
    "vgg13_bn": Pretrained("vgg13_bn-abd245e5.pth", 508),
    "vgg16": Pretrained("vgg16-397923af.pth", 528),
    "vgg16_bn": Pretrained("vgg16_bn-6c64b313.pth", 528),
    "vgg19": Pretrained("vgg19-dcbb9e9d.pth", 548),
    "vgg19_bn": Pretrained("vgg19_bn-c79401a0.pth", 548),
    "googlenet": Pretrained("googlenet-1378be20.pth", 50),
    "inception_v3": Pretrained("inception_v3_google-0cc3c7bd.pth", 104),
    "squeezenet1_0": Pretrained("squeezenet1_0-b66bff10.pth", 5),
    "squeezenet1_1": Pretrained("squeezenet1_1-b8a52dc0.pth", 5),
    "resnet18": Pretrained("resnet18-f37072fd.pth", 45),
    "resnet34": Pretrained("resnet34-b627a593.pth", 83),
    "resnet50": Pretrained("resnet50-0676ba61.pth", 98),
    "resnet101": Pretrained("resnet101-63fe2227.pth", 171),
    "densenet121": Pretrained("densenet121-a639ec97.pth", 31),
    "densenet169": Pretrained("densenet169-b2777c0a.pth", 55),
    "mobilenet_v2": Pretrained("mobilenet_v2-b0353104.pth", 14),
    "mobilenet_v3_large": Pretrained("mobilenet_v3_large-8738ca79.pth", 21),
    "efficientnet_b0": Pretrained("efficientnet_b0_rwightman-7f5810bc.pth", 20),
    "efficientnet_b1": Pretrained("efficientnet_b1_rwightman-bac287d4.pth", 30),
    "efficientnet_b2": Pretrained("efficientnet_b2_rwightman-c35c1473.pth", 35),
    "efficientnet_b3": Pretrained("efficientnet_b3_rwightman-b3899882.pth", 47),
    "efficientnet_b4": Pretrained("efficientnet_b4_rwightman-23ab8bcd.pth", 74),
    "convnext_tiny": Pretrained("convnext_tiny-983f1562.pth", 109),
    "convnext_small": Pretrained("convnext_small-0c510722.pth", 192),
    "vit_b_16": Pretrained("vit_b_16-c867db91.pth", 330),
    "vit_b_32": Pretrained("vit_b_32-d86f8d99.pth", 337),
    "swin_t": Pretrained("swin_t-704ceda3.pth", 108),
    "swin_s": Pretrained("swin_s-5e29d889.pth", 190),
}
