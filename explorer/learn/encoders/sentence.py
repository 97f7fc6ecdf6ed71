"""Pretrained sentence encoders of the package transformers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explorer.core.errors import UserError, printable
from explorer.core.plain_json import parse_json
from explorer.core.registry import parameter, register
from explorer.data.decoding.text_bytes import text_of
from explorer.learn.encoders.hub import absent, config_of, found
from explorer.learn.encoders.ngrams import bytes_of
from explorer.learn.encoders.pretrained import FAULTS, SAME, Blueprint, PretrainedParams
from explorer.learn.encoders.transformers import Transformers, _portable, _transformers

TOKENIZER = "tokenizer.json"
LONGEST = 512
"""Tokens of a text that are read, at most."""
SHOWN = ("How far is it to the station?", "Two", "a longer sentence of several words, with a comma")
"""What a model is tried on before it is trusted."""


@register(
    "encoder", "sentence", title="Sentence encoder", requires=("transformers",), reference="Reimers and Gurevych 2019"
)
class Sentence(Transformers):
    """A language model of the package transformers, such as BERT, MiniLM, MPNet or a sentence-transformers model.

    z = W f(x) + b, or f(x) itself where ``dimension`` is 0; f: the mean of the tokens of a text, or its first token.
    ``fine-tuned``: f learns at ``backbone_rate`` times the learning rate; ``frozen``: only W and b learn. Texts become
    tokens by the model's ``tokenizer.json``; weights are read from safetensors, and nothing that comes with a model is
    run. Its dropout is off, so that a run of one seed is always the same.
    """

    reads = frozenset({"text"})

    class Params(PretrainedParams):
        """Parameters of the encoder."""

        model: str = parameter("sentence-transformers/all-MiniLM-L6-v2", "owner/name on the hub, or the model's folder")
        pooling: str = parameter("mean", "The mean of the tokens, or the first one", choices=("mean", "cls"))
        size: int = parameter(
            0, "Tokens of a text that are read", minimum=0, maximum=LONGEST, zero="as many as the model knows"
        )

    def plan(self) -> Blueprint:
        """Return the blueprint of a model of the hub or a folder, its tokenizer included."""
        params = self.params
        table = config_of(params.model, download=params.download)
        known = str(table.get("model_type", ""))
        try:
            config = _transformers().AutoConfig
            whole = config.for_model(known, **{k: v for k, v in _portable(table).items() if k != "model_type"})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._unfit(known) from error
        text = getattr(whole, "text_config", None) or whole
        if getattr(text, "is_encoder_decoder", False):
            raise self._unfit(known)
        path = found(params.model, TOKENIZER, download=params.download)
        if path is None:
            raise absent(params.model, TOKENIZER)
        longest = int(getattr(text, "max_position_embeddings", LONGEST) or LONGEST)
        offset = 2 if known in ("roberta", "xlm-roberta", "mpnet", "camembert") else 0  # their first places are padding
        return {
            "config": {key: 0.0 if _is_dropout(key) else value for key, value in _portable(text.to_dict()).items()},
            "size": max(1, min(longest - offset, LONGEST)),
            "mean": [0.0],
            "std": [1.0],
            "tokenizer": path.read_text(encoding="utf-8"),
        }

    def _unfit(self, known: str) -> UserError:
        return UserError(
            f"transformers cannot build an encoder of sentences from the model {printable(self.params.model)} of the "
            f"type {printable(known)!r}",
            remedy="Choose an encoder such as BERT or MiniLM; models that bring their own programs are not run",
        )

    @torch.no_grad()
    def _looked_at(self) -> tuple[int, int, int]:
        """Show the network some sentences, alone and together; return the length of its embedding.

        Raises
        ------
        UserError: if it cannot read them, or does not embed them alike both times.
        """
        self.backbone.eval()
        plan = parse_json(bytes(self.blueprint.tolist()).decode("utf-8"))
        try:
            self.tokenizer = self._made_tokenizer(str(plan["tokenizer"]))
            together = self._mean_of(SHOWN)
            alone = torch.cat([self._mean_of((text,)) for text in SHOWN])
        except FAULTS as error:
            raise self._cannot("read sentences", error) from error
        if not torch.allclose(together, alone, rtol=0.0, atol=10 * SAME * float(together.abs().max()), equal_nan=True):
            raise UserError(
                f"The model {printable(self.params.model)} embeds the same sentence differently each time",
                remedy="Choose another model: its padding is not ignored, or it draws at random",
            )
        return 0, int(together.shape[1]), 0

    def _made_tokenizer(self, text: str) -> Any:
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_str(text)
        except Exception as error:  # what is wrong in the file comes as a plain Exception
            raise ValueError(f"its {TOKENIZER} cannot be read: {error}") from error
        tokenizer.enable_truncation(self.size)
        pad = getattr(self.backbone.config, "pad_token_id", None)
        tokenizer.enable_padding(pad_id=int(pad or 0))
        return tokenizer

    def _mean_of(self, texts: tuple[str, ...]) -> Tensor:
        """Return the mean of the tokens (B, C) of every text, or its first token."""
        made = self.tokenizer.encode_batch(list(texts))
        device = next(self.backbone.parameters()).device
        ids = torch.tensor([one.ids for one in made], dtype=torch.int64, device=device)
        seen = torch.tensor([one.attention_mask for one in made], dtype=torch.int64, device=device)
        network: Any = self.backbone
        tokens: Tensor = network(input_ids=ids, attention_mask=seen).last_hidden_state
        if self.params.pooling == "cls":
            return tokens[:, 0]
        share = seen[:, :, None].to(tokens.dtype)
        return (tokens * share).sum(dim=1) / share.sum(dim=1).clamp(min=1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of texts (B, 1, 1, L)."""
        out: Tensor = self.head(self._mean_of(tuple(text_of(row) for row in bytes_of(pictures))))
        return out


def _is_dropout(key: str) -> bool:
    """Whether a number of a configuration is a share of what is left out at random."""
    return "dropout" in key or key.endswith(("pdrop", "layerdrop"))
